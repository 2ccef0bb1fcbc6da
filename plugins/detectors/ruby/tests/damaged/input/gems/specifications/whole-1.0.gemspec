# -*- encoding: utf-8 -*-
# stub: whole 1.0 ruby lib
