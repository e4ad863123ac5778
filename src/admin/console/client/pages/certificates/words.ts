import { html, type TemplateResult } from 'lit-html'
import type { AuditEntry, Certificate } from '../../api-types.ts'
import { spoken } from '../../format.ts'
import { badge, certificateBadge } from '../../parts/badge.ts'

/** A name stands apart from the text around it, whatever its letters do to the direction of writing. */
export const nameText = (name: string): TemplateResult => html`<bdi class="name" title=${name}>${name}</bdi>`

export function nameLink({ fingerprint, name }: Pick<Certificate, 'fingerprint' | 'name'>): TemplateResult {
  return html`<a class="name-link" href="/console/certificates/${fingerprint}">${nameText(name)}</a>`
}

/** Its state, and that it has not begun yet where that is so. */
export function stateBadge({ state, not_before: notBefore }: Certificate, now = Date.now()): TemplateResult {
  const isAhead = Date.parse(notBefore) > now && (state === 'valid' || state === 'expiring')
  return isAhead ? badge('info', 'not yet valid') : certificateBadge(state)
}

export const REASONS = [
  { value: 'unspecified', label: 'Unspecified' },
  { value: 'keyCompromise', label: 'Key compromise: somebody else may have the key' },
  { value: 'caCompromise', label: 'CA compromise' },
  { value: 'affiliationChanged', label: 'Affiliation changed' },
  { value: 'superseded', label: 'Superseded by another certificate' },
  { value: 'cessationOfOperation', label: 'Cessation of operation: no longer needed' },
  { value: 'privilegeWithdrawn', label: 'Privilege withdrawn' },
] as const

/** What is to be typed before something is done for good: the name where a person can type it, else the beginning of the fingerprint. */
export function typedFor({ name, fingerprint }: Pick<Certificate, 'name' | 'fingerprint'>): string {
  return /^[\p{L}\p{N}](?:[\p{L}\p{N} ._@-]{0,38}[\p{L}\p{N}])?$/u.test(name) ? name : fingerprint.slice(0, 8)
}

/** What an entry of the audit log says beside who and when. */
export function historyText({ details, outcome }: AuditEntry): string {
  if (outcome === 'refused') return `Refused: ${text(details.detail)}`
  const { changes, reason, certificates } = details
  if (typeof reason === 'string') return `Reason: ${spoken(reason.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`))}`
  if (isRecord(changes)) return Object.entries(changes).map(changeText).join('; ')
  const [first] = Array.isArray(certificates) ? certificates : []
  if (!isRecord(first)) return ''
  const permissions = permissionsText(first.permissions)
  return [text(first.clearance), ...(permissions === 'none' ? [] : [permissions])].join(', ')
}

function changeText([field, change]: [string, unknown]): string {
  const [before, after] = Array.isArray(change) ? change : []
  return field === 'permissions'
    ? `permissions: ${permissionsText(before)} → ${permissionsText(after)}`
    : `${field}: ${text(before)} → ${text(after)}`
}

function permissionsText(pairs: unknown): string {
  if (!Array.isArray(pairs) || pairs.length === 0) return 'none'
  return pairs.map((pair) => (Array.isArray(pair) ? `${text(pair[0])} ${text(pair[1])}` : '')).join(', ')
}

const text = (value: unknown): string => (typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value))

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)
