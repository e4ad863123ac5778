import { createInterface, type Interface } from 'node:readline'
import { CertgateError, InputError } from '../errors.ts'
import type { Terminal } from './command.ts'
import { readSecret } from './secret.ts'
import { styles } from './style.ts'

/** Somebody is there to be asked. */
export function isInteractive(terminal: Terminal): boolean {
  return terminal.isTty && process.stdin.isTTY === true
}

/**
 * Asks a person on the terminal, on standard error, until close. The terminal stays as it is between the questions, so that Ctrl-C ends the
 * process as always.
 */
export class Questions {
  readonly #terminal: Terminal
  #interface: Interface | null = null
  #lines: AsyncIterator<string> | null = null
  #asked = false

  constructor(terminal: Terminal) {
    this.#terminal = terminal
  }

  /** Whether anything was. */
  get asked(): boolean {
    return this.#asked
  }

  say(text: string): void {
    this.#terminal.err(text)
  }

  warn(text: string): void {
    this.#terminal.err(`  ${styles(this.#terminal).yellow('warning:')} ${text}\n`)
  }

  /** An empty line takes `fallback`. What `read` refuses with CertgateError is told, and asked again. Throws InputError where the input ends. */
  async ask<T>(question: string, fallback: string, read: (answer: string) => T | Promise<T>): Promise<T> {
    const { bold, dim } = styles(this.#terminal)
    this.#asked = true
    for (;;) {
      this.#terminal.err(`${bold(question)} ${dim(`[${fallback}]`)}: `)
      const line = (await this.#line()).trim()
      try {
        return await read(line === '' ? fallback : line)
      } catch (error) {
        if (!(error instanceof CertgateError)) throw error
        this.refuse(error)
      }
    }
  }

  refuse({ message, hint }: CertgateError): void {
    const { red, cyan } = styles(this.#terminal)
    this.#terminal.err(`  ${red('no:')} ${message}\n${hint === undefined ? '' : `  ${cyan('hint:')} ${hint}\n`}`)
  }

  /** Without showing what is typed. */
  secret(question: string): Promise<string> {
    this.close()
    return readSecret(`${styles(this.#terminal).bold(question)}: `, this.#terminal)
  }

  close(): void {
    this.#interface?.close()
    this.#interface = null
    this.#lines = null
  }

  async #line(): Promise<string> {
    this.#interface ??= createInterface({ input: process.stdin })
    this.#lines ??= this.#interface[Symbol.asyncIterator]()
    const { done, value } = await this.#lines.next()
    if (done === true) throw new InputError('the input ended before all was answered', { hint: 'nothing was written' })
    return value
  }
}
