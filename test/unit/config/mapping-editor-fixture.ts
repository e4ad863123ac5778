import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { editRoles } from '../../../src/config/mapping-editor.ts'
import { EMPTY_ROLE, type RoleEntry } from '../../../src/config/role-entry.ts'
import { CHECKOUT } from '../../support/checkout.ts'

export const FILE = 'roles_mapping.yml'
export const EXAMPLE = readFileSync(join(CHECKOUT, 'config/roles_mapping.yml'), 'utf8')

export const role = (given: Partial<RoleEntry>): RoleEntry => ({ ...EMPTY_ROLE, ...given })

export function edit(text: string, changes: Record<string, Partial<RoleEntry> | null>): string {
  return editRoles(text, FILE, new Map(Object.entries(changes).map(([name, entry]) => [name, entry === null ? null : role(entry)])))
}

/** Lines that went, came: `-` and `+`, in the order of the file. */
export function difference(before: string, after: string): string[] {
  const [old, young] = [before.split('\n'), after.split('\n')]
  let head = 0
  while (head < old.length && head < young.length && old[head] === young[head]) head++
  let tail = 0
  while (tail < old.length - head && tail < young.length - head && old.at(-1 - tail) === young.at(-1 - tail)) tail++
  return [
    ...old.slice(head, old.length - tail).map((line) => `-${line}`),
    ...young.slice(head, young.length - tail).map((line) => `+${line}`),
  ]
}
