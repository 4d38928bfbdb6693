/**
 * Characters that act on a terminal or change the order in which a text is shown. Texts of a server, a header or a package can
 * hold them. Except line ends and tabs.
 */
const ACTING = /[^\P{Cc}\n\t]|[\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu

/** The text as it may be printed: characters that are not seen but act are replaced by a space. */
export function withoutActingCharacters(text: string): string {
  return text.replace(ACTING, ' ')
}

/** The same in one line. */
export function plainLine(text: string): string {
  return withoutActingCharacters(text).replace(/\s+/g, ' ').trim()
}
