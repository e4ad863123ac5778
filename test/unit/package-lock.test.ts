import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

interface Locked {
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly hasInstallScript?: boolean
  readonly resolved?: string
  readonly integrity?: string
}

const lock: { packages: Readonly<Record<string, Locked>> } = JSON.parse(
  readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8'),
)

test('the lock file holds the optional packages of every platform, without which npm ci refuses', () => {
  // npm leaves those out that it could not install here: https://github.com/npm/cli/issues/4828
  const wanted = Object.values(lock.packages).flatMap((one) => Object.keys(one.optionalDependencies ?? {}))
  assert.deepEqual(
    wanted.filter((name) => !Object.hasOwn(lock.packages, `node_modules/${name}`)),
    [],
  )
})

test('no dependency runs a script when it is installed, and none is bound to one registry', () => {
  const scripted = Object.entries(lock.packages).filter(([, one]) => one.hasInstallScript)
  assert.deepEqual(
    scripted.map(([name]) => name),
    [],
  )
  assert.ok(!Object.values(lock.packages).some((one) => one.resolved?.startsWith('http')))
})

test('what is installed is held to its hash, but for what the registry at hand did not have for other platforms', () => {
  const unheld = Object.entries(lock.packages).filter(([name, one]) => name !== '' && one.integrity === undefined)
  assert.deepEqual(
    unheld.map(([name]) => name).filter((name) => !/^node_modules\/@node-rs\/bcrypt-/.test(name)),
    [],
  )
  assert.ok(lock.packages['node_modules/@node-rs/bcrypt-linux-x64-gnu']?.integrity)
})
