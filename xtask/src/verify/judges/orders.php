<?php
// Reads pairs of versions; writes how the first compares with the second in Composer's order.
require 'Composer/Semver/autoload.php';

$parser = new Composer\Semver\VersionParser();
while (($line = fgets(STDIN)) !== false) {
    try {
        [$left, $right] = array_map([$parser, 'normalize'], explode("\t", rtrim($line, "\n")));
    } catch (UnexpectedValueException $invalid) {
        echo "error\n";
        continue;
    }
    $isBranch = str_starts_with($left, 'dev-') || str_starts_with($right, 'dev-');
    echo $isBranch ? 'error' : ['<', '=', '>'][1 + version_compare($left, $right)], "\n";
}
