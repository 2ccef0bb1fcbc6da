<?php
/**
 * Version: 9.9
 */
