import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { MappingStore } from '../../../../src/admin/mapping/mapping-store.ts'
import type { AdminProblem } from '../../../../src/admin/problem.ts'
import { EMPTY_ROLE, type RoleEntry } from '../../../../src/config/role-entry.ts'
import { type AdministeredFiles, administeredFiles } from '../../../support/administered-files.ts'

export const role = (...users: string[]): RoleEntry => ({ ...EMPTY_ROLE, users })

export async function opened(t: TestContext, given: Parameters<typeof administeredFiles>[1] = {}) {
  const files = await administeredFiles(t, given)
  return { files, mappings: new MappingStore(files.context), file: join(files.folder, 'roles_mapping.yml') }
}

export const leftOver = ({ folder }: AdministeredFiles) => readdirSync(folder).filter((name) => name.startsWith('.'))
export const audited = ({ context }: AdministeredFiles) => context.store.audit.read({ filter: { action: 'mapping.*' } })
export const problem = (status: number, reason: string) => (error: AdminProblem) => {
  assert.deepEqual([error.status, error.reason], [status, reason], error.message)
  return true
}
