import { isatty } from 'node:tty'

/** Whether to colour what goes to a descriptor: a terminal, and not asked otherwise (https://no-color.org, TERM=dumb). */
export function wantsColour(fd: number): boolean {
  return isatty(fd) && (process.env.NO_COLOR ?? '') === '' && process.env.TERM !== 'dumb'
}
