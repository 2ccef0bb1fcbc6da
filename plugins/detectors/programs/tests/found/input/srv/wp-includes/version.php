<?php
$wp_version = '6.4.1';
$wp_db_version = 56657;
