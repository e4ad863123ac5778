/** This page among all that are open, also of one person: the gateway tells a mark of it with the changes that it made. */
const random = crypto.getRandomValues(new Uint8Array(16))

/** Sent with each request, told to nobody else: what others hear is its mark. */
export const PAGE: string = hexOf(random)

const MARK_LENGTH = 32
const mark = hexOf(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(PAGE)))).slice(0, MARK_LENGTH)

/** Whether what an event tells of was done by this very page. */
export const isOwn = ({ page }: { readonly page: string | null }): boolean => page === mark

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
