// The detector is a plain module, so that its tests need no WebAssembly: `node --test`.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { detector } from './detector.js';

const PATH = 'app/vendor/composer/installed.json';

/** A file as the host shows it. */
function file(bytes, path = PATH) {
  return {
    path: () => path,
    size: () => BigInt(bytes.length),
    executable: () => false,
    read: (offset, len) => bytes.subarray(Number(offset), Number(offset) + len),
  };
}

function detect(...contents) {
  const bytes = (content) => (typeof content === 'string' ? Buffer.from(content) : content);
  return detector.detect({ files: () => contents.map((content) => file(bytes(content))) });
}

function packages(content) {
  return detect(content).findings.map((finding) => finding.fact.val);
}

function unread(content) {
  const { findings, unread } = detect(content);
  assert.deepEqual(findings, []);
  return unread.map(([, { tag, val }]) => `${tag}: ${val}`);
}

test('a record gives an installed package', () => {
  const installed = JSON.stringify({
    packages: [{ name: 'guzzlehttp/promises', version: '2.0.2', license: ['MIT'] }],
    dev: false,
  });
  assert.deepEqual(detect(installed), {
    findings: [
      {
        path: PATH,
        fact: {
          tag: 'package',
          val: {
            name: 'guzzlehttp/promises',
            version: '2.0.2',
            scheme: 'composer',
            scope: { tag: 'namespace', val: 'packagist' },
            evidence: 'installed',
            purl: 'pkg:composer/guzzlehttp/promises@2.0.2',
            qualifiers: [],
            licenses: ['MIT'],
          },
        },
      },
    ],
    unread: [],
  });
});

test('the list that composer 1 wrote is read', () => {
  const [found] = packages('[{"name": "Monolog/Monolog", "version": "v1.2.0", "license": "MIT"}]');
  assert.equal(found.purl, 'pkg:composer/monolog/monolog@v1.2.0');
  assert.deepEqual(found.licenses, ['MIT']);
});

test('what separates is encoded in a package URL', () => {
  const [found] = packages('[{"name": "a/b", "version": "dev-fix/#1 (*)"}]');
  assert.equal(found.purl, 'pkg:composer/a/b@dev-fix%2F%231%20%28%2A%29');
});

test('half a surrogate pair is replaced', () => {
  const [found] = packages('[{"name": "a/\\ud800", "version": "1"}]');
  assert.equal(found.name, 'a/\ufffd');
  assert.equal(found.purl, 'pkg:composer/a/%EF%BF%BD@1');
});

test('a bad record costs that record and is named', () => {
  const { findings, unread } = detect(
    '[null, {"name": "a/b"}, {"name": "a/c", "version": 1}, {"name": "a/d", "version": "1"}]',
  );
  assert.deepEqual(findings.map((finding) => finding.fact.val.name), ['a/d']);
  assert.deepEqual(unread.map(([, error]) => error.val), [
    'record 0 has no `name`',
    'record 1 of `a/b` has no `version`',
    'record 2 of `a/c` has no `version`',
  ]);
});

test('many bad records are told in a few sentences', () => {
  const messages = unread(`[${'0,'.repeat(100_000)}0]`);
  assert.equal(messages.length, 21);
  assert.equal(messages.at(-1), 'malformed: 99981 more records are bad');
});

test('a document that would take the engine very long is unread', () => {
  const expected = ['unsupported: holds more than 200000 values'];
  for (const part of ['0,', '{', '[', '[1,2,3],', '{},']) {
    assert.deepEqual(unread(`[${part.repeat(1_000_000)}`), expected, part);
  }
});

test('a file that cannot be read is unread, and the next one is read', () => {
  const { findings, unread } = detect('[', '[{"name": "a/b", "version": "1"}]');
  assert.equal(findings.length, 1);
  assert.equal(unread.length, 1);
  assert.equal(unread[0][1].tag, 'malformed');
});

test('a document of another shape is unread', () => {
  const expected = ['malformed: is neither a list nor an object with a list `packages`'];
  for (const content of ['{}', 'null', '1', '"text"', '{"packages": {"a": 1}}']) {
    assert.deepEqual(unread(content), expected, content);
  }
});

test('bytes that are no text are unread', () => {
  assert.deepEqual(unread(Buffer.of(0x5b, 0xff, 0x5d)), ['malformed: is not UTF-8']);
});

test('a file over the limit is unread', () => {
  const expected = ['unsupported: is 16777217 bytes, over the limit of 16777216'];
  assert.deepEqual(unread(Buffer.alloc((16 << 20) + 1)), expected);
});

test('a file of several chunks is read whole', () => {
  const licence = 'x'.repeat(3 << 20);
  const [found] = packages(`[{"name": "a/b", "version": "1", "license": "${licence}"}]`);
  assert.equal(found.licenses[0].length, licence.length);
});
