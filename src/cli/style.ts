import type { Terminal } from './command.ts'

type Style = (text: string) => string

/** Writes text in a colour where the terminal wants colours, and as it is elsewhere. */
export function styles(terminal: Pick<Terminal, 'colour'>): Readonly<Record<'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan', Style>> {
  const style = (start: number, end: number): Style =>
    terminal.colour ? (text) => `\u001b[${start}m${text}\u001b[${end}m` : (text) => text
  return {
    bold: style(1, 22),
    dim: style(2, 22),
    red: style(31, 39),
    green: style(32, 39),
    yellow: style(33, 39),
    cyan: style(36, 39),
  }
}
