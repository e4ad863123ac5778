import { resolve } from 'node:path'

/** Resolves the paths of one configuration against its folder, and remembers which files decide something. */
export class Paths {
  readonly directory: string
  readonly #watched = new Set<string>()

  constructor(directory: string) {
    this.directory = directory
  }

  absolute(file: string): string {
    return resolve(this.directory, file)
  }

  /** A file that is read: reload watches it too. */
  watched(file: string): string {
    const absolute = this.absolute(file)
    this.#watched.add(absolute)
    return absolute
  }

  get watchedFiles(): readonly string[] {
    return [...this.#watched]
  }
}
