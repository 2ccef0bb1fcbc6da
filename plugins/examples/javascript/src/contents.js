import { Unreadable } from './unreadable.js';

/** Bytes that one read asks for. */
const CHUNK = 1 << 20;

/**
 * Largest file that is read, in bytes. Its text and values take several times as much memory, and
 * what Composer writes of a thousand packages is about 3 MB.
 */
const LARGEST = 16 << 20;

/** All that a file of the layer holds, as text. Throws `Unreadable`. */
export function contents(file) {
  const size = file.size();
  if (size > LARGEST) {
    throw new Unreadable('unsupported', `is ${size} bytes, over the limit of ${LARGEST}`);
  }
  const bytes = new Uint8Array(Number(size));
  // A read is short only where the file ends.
  for (let at = 0; at < bytes.length; at += CHUNK) {
    bytes.set(file.read(BigInt(at), CHUNK), at);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new Unreadable('malformed', 'is not UTF-8');
  }
}
