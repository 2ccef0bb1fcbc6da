<?php // Plugin Name: Loader
// Version: 0.1
