# -*- encoding: utf-8 -*-
# stub: ../up 1.0 ruby lib
