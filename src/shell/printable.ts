/**
 * Text from guests, files and hypervisors as it may be shown on a terminal: control characters other than
 * line feed and tab become \xNN, so that a domain's name cannot move the cursor, set the title or clear the
 * screen. C1 controls and the Unicode direction overrides (U+202A–U+202E, U+2066–U+2069) count as well.
 */
export function printable(text: string): string {
  return text.replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g, escapeCharacter);
}

/** As `printable`, for text that must stay on one line: tabs and line feeds are escaped as well. */
export function printableLine(text: string): string {
  return printable(text).replace(/[\t\n]/g, escapeCharacter);
}

function escapeCharacter(char: string): string {
  const code = char.codePointAt(0) ?? 0;
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
}
