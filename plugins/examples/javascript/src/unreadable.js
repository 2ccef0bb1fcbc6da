/** A file that cannot be used, and why; `tag` is a case of the contract's `error`. */
export class Unreadable extends Error {
  constructor(tag, message) {
    super(message);
    this.tag = tag;
  }
}
