import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { AUDIT_ACTIONS, actionsLike } from '../../../src/store/audit-actions.ts'

const root = fileURLToPath(new URL('../../../src', import.meta.url))

test('whatever is written can be filtered by', () => {
  const files = globSync(['admin/**/*.ts', 'control/**/*.ts', 'store/**/*.ts'], {
    cwd: root,
    exclude: (name) => /console/.test(String(name)),
  })
  const families = new Set(AUDIT_ACTIONS.map((action) => action.split('.')[0]))
  const written = files
    .filter((file) => !file.endsWith('audit-actions.ts'))
    .flatMap((file) => [...readFileSync(`${root}/${file}`, 'utf8').matchAll(/'([a-z]+)\.([a-z]+)'/g)])
    .filter(([, family = '', verb]) => families.has(family) && verb !== 'db')
    .map(([, family, verb]) => `${family}.${verb}`)
  const composed = ['access', 'configuration.loaded', 'configuration.rejected']
  assert.deepEqual([...new Set([...written, ...composed])].toSorted(), AUDIT_ACTIONS)
})

test('a filter is one action or the beginning of some', () => {
  assert.deepEqual(actionsLike('certificate.r*'), ['certificate.remove', 'certificate.renew', 'certificate.revoke'])
  assert.deepEqual(actionsLike('token.use'), ['token.use'])
  for (const slip of ['certificate', 'revoke', '*.revoke', 'certificate.rx*', '']) assert.deepEqual(actionsLike(slip), [], slip)
})
