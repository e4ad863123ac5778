import type { FileProblem } from './problem.ts'

/** One role of the mapping; an absent list grants nothing. */
export interface Role {
  readonly users: readonly string[]
  readonly backend_roles: readonly string[]
  readonly and_backend_roles: readonly string[]
  readonly hosts: readonly string[]
  readonly issuers: readonly string[]
  readonly reserved: boolean
  readonly hidden: boolean
  readonly description: string | null
}

export interface Route {
  readonly name: string
  readonly path: string
  readonly methods: readonly string[]
  readonly allow: readonly (string | { readonly database: string; readonly access: string })[]
}

export interface Affected {
  readonly total: number
  /** The first of them. */
  readonly certificates: readonly {
    readonly fingerprint: string
    readonly name: string
    readonly gained: readonly string[]
    readonly lost: readonly string[]
  }[]
  /** False: there was no time for all. */
  readonly complete: boolean
}

/** What the gateway thinks of a mapping that is not written yet. */
export interface JudgedMapping {
  readonly ok: boolean
  readonly file: string
  readonly problems: readonly FileProblem[]
  readonly affected: Affected | null
}
