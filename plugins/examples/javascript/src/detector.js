// The plugin `composer`: finds PHP packages where Composer says what it installed.
//
// An export is an object named as the interface, with a function for each of the interface's. In
// JavaScript a variant is `{ tag, val }`, an enum its word, an option a value or `undefined`, a
// tuple an array, and a `u64` a `BigInt`. Who throws an `Error` in an export traps, and is blamed.

import { contents } from './contents.js';
import { installed } from './installed.js';
import { purl } from './purl.js';
import { Unreadable } from './unreadable.js';

export const detector = {
  claims() {
    // The folder around it is `vendor`, unless `composer.json` says otherwise.
    const pattern = { tag: 'path', val: '**/composer/installed.json' };
    // Whatever such a file holds, and all of it.
    return [{ pattern, contains: [], extent: { tag: 'whole' }, grouping: 'alone' }];
  },

  detect(layer) {
    const report = { findings: [], unread: [] };
    for (const file of layer.files()) {
      read(file, report);
    }
    return report;
  },
};

/** What is wrong with a file or a record costs that and nothing else, and is told. */
function read(file, report) {
  const path = file.path();
  try {
    const { packages, problems } = installed(contents(file));
    for (const found of packages) {
      report.findings.push({ path, fact: { tag: 'package', val: stated(found) } });
    }
    for (const val of problems) {
      report.unread.push([path, { tag: 'malformed', val }]);
    }
  } catch (error) {
    if (!(error instanceof Unreadable)) {
      throw error;
    }
    report.unread.push([path, { tag: error.tag, val: error.message }]);
  }
}

/** A package as the contract has it. What has no value may be left out where it is an option. */
function stated({ name, version, licenses }) {
  return {
    name,
    version,
    scheme: 'composer',
    scope: { tag: 'namespace', val: 'packagist' },
    evidence: 'installed',
    purl: purl('composer', name, version),
    qualifiers: [],
    licenses,
  };
}
