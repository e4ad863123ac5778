import type { ReadStream } from 'node:tty'
import { InputError } from '../errors.ts'
import type { Terminal } from './command.ts'

/** Longer than any password that a person or a generator makes; more is a file that was piped in by mistake. */
const maxBytes = 4096

/**
 * Reads one secret line from standard input: asked for without echo on a terminal, and read whole from a pipe or file.
 * The line end does not belong to it. Throws InputError where nothing was given.
 */
export async function readSecret(prompt: string, terminal: Terminal): Promise<string> {
  const { stdin } = process
  if (stdin.isTTY) return readFromTerminal(stdin, prompt, terminal)
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of stdin as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes > maxBytes) throw new InputError(`standard input holds more than ${maxBytes} bytes, which is no password`)
  }
  const text = decode(Buffer.concat(chunks)).replace(/\r?\n$/, '')
  if (text.includes('\n')) throw new InputError('standard input holds more than one line, which is no password')
  return text
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw new InputError('the password is not UTF-8')
  }
}

const enter = /[\r\n]/
const backspace = /[\b\u007f]/
const clearLine = '\u0015'
const interrupt = '\u0003'
const endOfInput = '\u0004'

function readFromTerminal(stdin: ReadStream, prompt: string, terminal: Terminal): Promise<string> {
  // Before the prompt: what is typed at once must not be shown either.
  stdin.setRawMode(true)
  stdin.setEncoding('utf8')
  terminal.err(prompt)
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  let typed: string[] = []
  const onData = (text: string) => {
    for (const character of text) {
      if (enter.test(character)) return resolve(typed.join(''))
      if (character === interrupt) return stop()
      if (character === endOfInput && typed.length === 0) return reject(new InputError('no password was given'))
      if (backspace.test(character)) typed.pop()
      else if (character === clearLine) typed = []
      else if (typed.length < maxBytes) typed.push(character)
    }
  }
  const restore = () => {
    stdin.off('data', onData)
    stdin.setRawMode(false)
    stdin.pause()
    terminal.err('\n')
  }
  // Raw mode turns Ctrl-C into a character; the process still ends by the signal, as its caller expects.
  const stop = () => {
    restore()
    process.kill(process.pid, 'SIGINT')
  }
  stdin.on('data', onData)
  stdin.resume()
  return promise.finally(restore)
}
