import {
  closeQuietly,
  type DescriptorKind,
  kindOf,
  openForAppend,
  PIPE_ATOMIC,
  reopenForAppend,
  wholeLines,
  writeAllSync,
  writeSome,
} from './descriptor.ts'
import { LossReport } from './loss-report.ts'
import { shortenLine } from './shorten-line.ts'

/** Characters gathered before a write is started at once. */
const BATCH = 64 * 1024
/** Bytes held while the operating system takes nothing; beyond it new lines are dropped and counted. */
const BACKLOG = 16 * 1024 * 1024
/** At exit, a write under way this long (milliseconds) means that nobody reads: the rest is given up rather than waited for. */
const STUCK = 1000

const NOTHING = Buffer.alloc(0)
const NEWLINE = Buffer.from('\n')

/** Lines that were encoded together; `buffer` is what `bytes` lies in, if it is to be used again. */
interface Batch {
  readonly bytes: Buffer
  readonly lines: number
  readonly buffer: Buffer | null
}

export interface LineSinkOptions {
  readonly target: { readonly file: string } | { readonly fd: number }
  /** The longest a line waits before it is written, in milliseconds. */
  readonly flushAfter: number
  /** Lines were given up; `error` says why, null means that the reader was too slow. */
  readonly onLost: (lines: number, error: Error | null) => void
  /** The old file stays in use. */
  readonly onReopenFailed: (error: Error) => void
}

/**
 * Buffered lines, written by one asynchronous write at a time: a slow disk or reader never blocks the event loop and never
 * costs more memory than BACKLOG. Lines are only lost whole, and every loss is counted and told.
 *
 * Several workers share one file or standard output without mixing their lines, by what the descriptor is:
 * a file is opened O_APPEND and takes a whole batch in one write (an inherited one shares its offset, which Linux locks);
 * a pipe or socket takes writes of whole lines of at most PIPE_ATOMIC bytes, and longer lines are shortened to that;
 * a terminal takes each line at once and synchronously, in order with whatever else is printed there.
 */
export class LineSink {
  readonly kind: DescriptorKind
  readonly #options: LineSinkOptions
  readonly #loss: LossReport
  #fd: number
  #pending = ''
  #pendingLines = 0
  readonly #queue: Batch[] = []
  #queuedBytes = 0
  #spare: Buffer | null = null
  #accepted = 0
  #settled = 0
  readonly #waiting: { readonly upTo: number; readonly resolve: () => void }[] = []
  #timer: NodeJS.Timeout | null = null
  /** What the write under way will not have written. */
  #rest: Buffer = NOTHING
  #busySince: number | null = null
  #running: Promise<void> = Promise.resolve()
  /** On a terminal, and once the process exits: nothing is held back any more. */
  #synchronous: boolean
  #reopen = false
  #torn = false
  #closed = false

  /** Opens the file for appending. Throws CertgateError `io_failed` where that fails. */
  constructor(options: LineSinkOptions) {
    this.#options = options
    this.#loss = new LossReport(options.onLost)
    this.#fd = 'fd' in options.target ? options.target.fd : openForAppend(options.target.file)
    this.kind = kindOf(this.#fd)
    this.#synchronous = this.kind === 'terminal'
    process.on('exit', this.#atExit)
  }

  /** Takes one line, its newline included. */
  append(line: string): void {
    if (this.#queuedBytes >= BACKLOG || this.#closed) {
      this.#loss.add(1, null)
    } else if (this.#synchronous) {
      if (!writeAllSync(this.#fd, Buffer.from(line), Number.POSITIVE_INFINITY)) this.#loss.add(1, null)
    } else {
      this.#pending += this.kind === 'pipe' && line.length * 3 > PIPE_ATOMIC ? fitPipe(line) : line
      this.#pendingLines++
      this.#accepted++
      if (this.#pending.length >= BATCH) this.#send()
      else if (this.#timer === null) this.#arm()
    }
  }

  /** Resolves once every line taken so far is with the operating system or was given up. */
  flush(): Promise<void> {
    if (this.#settled === this.#accepted) return Promise.resolve()
    const upTo = this.#accepted
    return new Promise((resolve) => {
      this.#waiting.push({ upTo, resolve })
      this.#send()
    })
  }

  /** Opens the file by its name again, after the write under way. Nothing where the target is a descriptor. */
  reopen(): void {
    if ('fd' in this.#options.target || this.#closed) return
    this.#reopen = true
    this.#send()
  }

  /** Flushes and lets the file go; lines that come later are counted as lost. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.flush()
    await this.#running
    process.off('exit', this.#atExit)
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#loss.tellNow()
    if ('file' in this.#options.target) await closeQuietly(this.#fd)
  }

  #arm(): void {
    this.#timer = setTimeout(() => {
      this.#timer = null
      this.#send()
      this.#loss.tellIfDue()
      if (this.#loss.pending && this.#timer === null) this.#arm()
    }, this.#options.flushAfter)
    this.#timer.unref()
  }

  /** Encodes what is pending, outside the JavaScript heap, and sees that it is being written. */
  #send(): void {
    if (this.#pending !== '') {
      const buffer = this.#pending.length <= BATCH * 2 ? (this.#spare ?? Buffer.allocUnsafeSlow(BATCH * 6)) : null
      this.#spare = null
      const bytes = buffer === null ? Buffer.from(this.#pending) : buffer.subarray(0, buffer.write(this.#pending))
      this.#queue.push({ bytes, lines: this.#pendingLines, buffer })
      this.#queuedBytes += bytes.length
      this.#pending = ''
      this.#pendingLines = 0
    }
    if (this.#busySince === null) this.#running = this.#run()
  }

  /** The only place that writes or swaps the descriptor while the process lives, so neither ever overlaps the other. */
  async #run(): Promise<void> {
    this.#busySince = performance.now()
    for (;;) {
      if (this.#reopen) await this.#swap()
      const batch = this.#queue.shift()
      if (batch === undefined) break
      await this.#write(batch)
    }
    this.#busySince = null
  }

  async #write(batch: Batch): Promise<void> {
    const { bytes } = batch
    let offset = 0
    try {
      // After a write that broke off inside a line, the next one starts on a line of its own.
      if (this.#torn) await writeSome(this.#fd, NEWLINE, 0, 1)
      this.#torn = false
      while (offset < bytes.length) {
        const end = wholeLines(bytes, offset, this.#writeLimit)
        this.#rest = bytes.subarray(end)
        this.#busySince = performance.now()
        offset += await writeSome(this.#fd, bytes, offset, end)
      }
    } catch (error) {
      this.#torn ||= offset > 0 && bytes[offset - 1] !== 10
      this.#loss.add(countLines(bytes, offset), error as Error)
    }
    this.#rest = NOTHING
    this.#spare ??= batch.buffer
    this.#queuedBytes -= bytes.length
    this.#settled += batch.lines
    this.#loss.tellIfDue()
    if (this.#loss.pending && this.#timer === null) this.#arm()
    while (this.#waiting[0] !== undefined && this.#waiting[0].upTo <= this.#settled) this.#waiting.shift()?.resolve()
  }

  get #writeLimit(): number {
    return this.kind === 'pipe' ? PIPE_ATOMIC : Number.POSITIVE_INFINITY
  }

  async #swap(): Promise<void> {
    this.#reopen = false
    if (!('file' in this.#options.target)) return
    try {
      const fresh = await reopenForAppend(this.#options.target.file)
      const old = this.#fd
      this.#fd = fresh
      await closeQuietly(old)
    } catch (error) {
      this.#options.onReopenFailed(error as Error)
    }
  }

  /** Last resort, for an exit that did not wait for `close`: what is still held goes out now, unless nobody reads. */
  readonly #atExit = (): void => {
    const stuck = this.kind === 'pipe' && this.#busySince !== null && performance.now() - this.#busySince > STUCK
    const rest = Buffer.concat([this.#rest, ...this.#queue.map((batch) => batch.bytes), Buffer.from(this.#pending)])
    if (stuck || !writeAllSync(this.#fd, rest, this.#writeLimit)) this.#loss.add(countLines(rest, 0), null)
    this.#pending = ''
    this.#synchronous = true
    this.#closed = stuck
    this.#loss.tellNow()
  }
}

function fitPipe(line: string): string {
  return Buffer.byteLength(line) > PIPE_ATOMIC ? shortenLine(line, PIPE_ATOMIC) : line
}

function countLines(bytes: Buffer, from: number): number {
  let lines = 0
  for (let at = bytes.indexOf(10, from); at !== -1; at = bytes.indexOf(10, at + 1)) lines++
  return lines
}
