import { type FSWatcher, watch } from 'node:fs'
import { realpath, stat } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Milliseconds. */
export interface WatcherTimes {
  /** From the first event to looking at the files. */
  readonly settle: number
  /** A file still being written is waited for, but not longer than this. */
  readonly patience: number
  /** Looks without an event, for file systems and folders that send none. */
  readonly poll: number
}

/** File times come from the kernel's coarse clock, which lags by a timer tick. */
const clockGrain = 20

const defaultTimes: WatcherTimes = { settle: 100, patience: 1_000, poll: 2_000 }

/** `doubted`: nothing was seen to change; what was read may be older than what is there. */
export type Suspicion = 'changed' | 'doubted'

/**
 * Calls back when one of the files was changed, replaced, removed or appeared. Folders are watched rather than files, so that
 * atomic renames and swapped symbolic links (as Kubernetes mounts do) are seen; what a file is, not the event, decides.
 */
export class FileWatcher {
  readonly #changed: (why: Suspicion) => void
  readonly #times: WatcherTimes
  readonly #folders = new Map<string, FSWatcher>()
  #files: readonly string[] = []
  /** What the files looked like when they were last reported (or first watched). */
  #reported = ''
  #doubted = ''
  #lookTimer: NodeJS.Timeout | null = null
  readonly #pollTimer: NodeJS.Timeout
  #looking = false
  /** Something happened while the files were being looked at. */
  #again = false
  #closed = false

  constructor(changed: (why: Suspicion) => void, times: Partial<WatcherTimes> = {}) {
    this.#changed = changed
    this.#times = { ...defaultTimes, ...times }
    this.#pollTimer = setInterval(() => this.#schedule(), this.#times.poll).unref()
  }

  /**
   * Replaces the set of files, which were read after `readSince` (milliseconds since the epoch). One that was changed later than
   * that is reported once, as nobody knows which of its contents was read; so is one that is absent though all could be read.
   */
  async watch(files: Iterable<string>, readSince: number, allRead: boolean): Promise<void> {
    this.#files = [...new Set(files)].sort()
    const seen = await look(this.#files)
    this.#reported = describe(seen)
    await this.#watchFolders()
    const doubtful = describe(seen.filter(({ text, changedAt }) => (text === absent ? allRead : changedAt >= readSince - clockGrain)))
    // Once per appearance: a clock that was set back must not make every reading doubtful.
    if (doubtful === '' || doubtful === this.#doubted || this.#closed) return
    this.#doubted = doubtful
    this.#changed('doubted')
  }

  close(): void {
    this.#closed = true
    clearInterval(this.#pollTimer)
    if (this.#lookTimer !== null) clearTimeout(this.#lookTimer)
    for (const watcher of this.#folders.values()) watcher.close()
    this.#folders.clear()
  }

  #schedule(): void {
    if (this.#looking) this.#again = true
    if (this.#closed || this.#looking || this.#lookTimer !== null) return
    this.#lookTimer = setTimeout(() => {
      this.#lookTimer = null
      void this.#lookAndReport()
    }, this.#times.settle).unref()
  }

  async #lookAndReport(): Promise<void> {
    this.#looking = true
    this.#again = false
    const since = Date.now()
    let seen = describe(await look(this.#files))
    while (seen !== this.#reported && Date.now() - since < this.#times.patience) {
      await pause(this.#times.settle)
      const now = describe(await look(this.#files))
      if (now === seen) break
      seen = now
    }
    this.#looking = false
    if (this.#again) this.#schedule()
    if (this.#closed || seen === this.#reported) return
    this.#reported = seen
    await this.#watchFolders()
    this.#changed('changed')
  }

  /** The folders of the names, and of what symbolic links make of them. One that cannot be watched is left to the poll. */
  async #watchFolders(): Promise<void> {
    const wanted = new Set<string>()
    for (const file of this.#files) {
      wanted.add(dirname(file))
      const target = await realpath(file).catch(() => null)
      if (target !== null) wanted.add(dirname(target))
    }
    if (this.#closed) return
    for (const [folder, watcher] of this.#folders) {
      if (wanted.has(folder)) continue
      watcher.close()
      this.#folders.delete(folder)
    }
    for (const folder of wanted) if (!this.#folders.has(folder)) this.#watchFolder(folder)
  }

  #watchFolder(folder: string): void {
    try {
      const watcher = watch(folder, { persistent: false }, () => this.#schedule())
      watcher.on('error', () => this.#forget(folder, watcher))
      this.#folders.set(folder, watcher)
    } catch {
      // Absent, or no more inotify watches: the poll sees it.
    }
  }

  #forget(folder: string, watcher: FSWatcher): void {
    watcher.close()
    if (this.#folders.get(folder) === watcher) this.#folders.delete(folder)
  }
}

const absent = 'absent'

interface Appearance {
  readonly file: string
  /** Identity, size and times; symbolic links are followed. */
  readonly text: string
  /** Milliseconds since the epoch; 0 where it is absent. */
  readonly changedAt: number
}

async function look(files: readonly string[]): Promise<Appearance[]> {
  return Promise.all(
    files.map(async (file) => {
      try {
        const { dev, ino, size, mtimeNs, ctimeNs } = await stat(file, { bigint: true })
        return { file, text: `${dev}:${ino}:${size}:${mtimeNs}:${ctimeNs}`, changedAt: Number(ctimeNs / 1_000_000n) }
      } catch {
        return { file, text: absent, changedAt: 0 }
      }
    }),
  )
}

const describe = (appearances: readonly Appearance[]): string => appearances.map(({ file, text }) => `${file}\0${text}`).join('\n')

const pause = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds).unref())
