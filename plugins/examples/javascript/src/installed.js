import { Unreadable } from './unreadable.js';

/**
 * Most values that a document may hold. A package has about 40; over two million the engine, which
 * then does little but collect garbage, takes ten seconds and more.
 */
const VALUES = 200_000;

/** However many records are bad, only the first are told one by one. */
const PROBLEMS = 20;

/**
 * What the text of an `installed.json` names: `packages`, each `{ name, version, licenses }`, and
 * the `problems` of records that cost those records only. Throws `Unreadable` where the text is no
 * such document.
 *
 * Composer 2 writes an object with `packages`, Composer 1 the list alone. What a record holds is
 * what its `composer.json` does: https://getcomposer.org/doc/04-schema.md.
 */
export function installed(text) {
  const packages = [];
  const problems = [];
  let others = 0;
  for (const [index, record] of records(text).entries()) {
    const { problem, ...found } = read(record);
    if (!problem) {
      packages.push(found);
    } else if (problems.length < PROBLEMS) {
      problems.push(`record ${index} ${problem}`);
    } else {
      others += 1;
    }
  }
  if (others > 0) {
    problems.push(`${others} more records are bad`);
  }
  return { packages, problems };
}

function records(text) {
  const document = parse(text);
  const list = Array.isArray(document) ? document : document?.packages;
  if (!Array.isArray(list)) {
    throw new Unreadable('malformed', 'is neither a list nor an object with a list `packages`');
  }
  return list;
}

function parse(text) {
  checkValues(text);
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) {
      throw error;
    }
    throw new Unreadable('malformed', error.message);
  }
}

/** Each value but the first follows one of these; those inside of texts are few. */
function checkValues(text) {
  let count = 0;
  for (const mark of ['[', '{', ',']) {
    for (let at = text.indexOf(mark); at !== -1; at = text.indexOf(mark, at + 1)) {
      count += 1;
      if (count > VALUES) {
        throw new Unreadable('unsupported', `holds more than ${VALUES} values`);
      }
    }
  }
}

function read(record) {
  const name = word(record?.name);
  if (!name) {
    return { problem: 'has no `name`' };
  }
  const version = word(record.version);
  if (!version) {
    return { problem: `of \`${name}\` has no \`version\`` };
  }
  // Composer does not tell names apart by case, and advisories are under the lower one.
  return { name: name.toLowerCase(), version, licenses: licenses(record.license) };
}

/** A text; half a surrogate pair, which JSON can spell, has no place in one. */
function word(value) {
  return typeof value === 'string' ? value.toWellFormed() : '';
}

/** Alternatives, or the only one. */
function licenses(stated) {
  return [stated].flat().map(word).filter((license) => license !== '');
}
