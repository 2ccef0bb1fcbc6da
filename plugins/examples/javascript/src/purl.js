/**
 * A package URL of this type, for a name whose namespace is what stands before its last slash:
 * https://github.com/package-url/purl-spec.
 */
export function purl(type, name, version) {
  return `pkg:${type}/${name.split('/').map(encoded).join('/')}@${encoded(version)}`;
}

/** Percent-encodes all but letters, digits and `-._~:`; `encodeURIComponent` leaves five more, and not the colon. */
function encoded(text) {
  const hex = (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
  return encodeURIComponent(text).replace(/[!'()*]/g, hex).replaceAll('%3A', ':');
}
