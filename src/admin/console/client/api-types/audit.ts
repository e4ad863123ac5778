export interface AuditEntry {
  readonly sequence: number
  readonly at: string
  readonly actor: { readonly name: string; readonly fingerprint: string | null; readonly remote: string | null; readonly os_user?: string }
  readonly action: string
  readonly target: string | null
  readonly outcome: 'done' | 'refused'
  readonly details: Readonly<Record<string, unknown>>
  readonly previous: string
  readonly hash: string
}

export interface AuditPage {
  readonly entries: readonly AuditEntry[]
  readonly head: { readonly sequence: number; readonly hash: string }
  /** As `before` (with `after`: as `after`) it goes on from here; null: there is nothing before. */
  readonly next: number | null
}

export type ChainVerdict =
  | { readonly ok: true; readonly entries: number; readonly head: string }
  | { readonly ok: false; readonly sequence: number; readonly problem: string }
