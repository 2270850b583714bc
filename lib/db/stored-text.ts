/**
 * A text from outside as both databases take it: Postgres refuses the character NUL and half a surrogate pair, such as a
 * cut in the middle of one leaves behind.
 */
export const storedText = (text: string): string => text.toWellFormed().replaceAll('\0', '\uFFFD');
