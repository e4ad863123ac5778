import assert from 'node:assert/strict'
import { editRoles, readRoles } from '../../src/config/mapping-editor.ts'
import { EMPTY_ROLE, isSameRole, ROLE_LISTS, RoleEditError, type RoleEntry } from '../../src/config/role-entry.ts'
import { writeText } from '../../src/config/yaml-write.ts'
import { seededRandom } from './seeded-random.ts'

const NAMES = ['admin', 'readall', 'a b', 'yes', '1', 'ops#1', 'x: y', 'ＵＴＦ', '__proto__', '"q"']
const VALUES = [
  'CLIENT1',
  'CN=kirk,OU=client',
  '*',
  'a b',
  'no',
  '7',
  '#x',
  'a: b',
  "it's",
  '"',
  '\\',
  'é',
  ' ',
  '',
  '- x',
  'x\ty',
  '{',
  '[',
  '~',
]

class Random {
  readonly next: (limit: number) => number

  constructor(seed: number) {
    this.next = seededRandom(seed)
  }

  of<T>(items: readonly T[]): T {
    return items[this.next(items.length)] as T
  }

  chance(percent: number): boolean {
    return this.next(100) < percent
  }

  values(): string[] {
    return Array.from({ length: this.next(5) }, () => this.of(VALUES))
  }

  entry(): RoleEntry {
    const entry: Record<string, unknown> = { ...EMPTY_ROLE }
    for (const list of ROLE_LISTS) if (list !== 'issuers' && this.chance(40)) entry[list] = this.values()
    if (this.chance(20)) entry.reserved = true
    if (this.chance(20)) entry.hidden = true
    if (this.chance(30)) entry.description = this.of(VALUES)
    return entry as unknown as RoleEntry
  }

  /** Marked, so that every one can be looked for afterwards. */
  comment(marks: string[], indent: string): string {
    if (!this.chance(25)) return this.chance(15) ? '\n' : ''
    const mark = `#c${marks.length}.`
    marks.push(mark)
    return `${indent}${mark}\n`
  }
}

interface Written {
  readonly text: string
  /** Comments outside of any role's own lines, and the role that stands below; those within, by role. */
  readonly outside: string[]
  readonly inside: ReadonlyMap<string, readonly string[]>
}

function write(random: Random, roles: ReadonlyMap<string, RoleEntry>): Written {
  const outside: string[] = []
  const inside = new Map<string, string[]>()
  const indent = random.of(['', '', '  '])
  let text = random.chance(30) ? '---\n' : ''
  text += `${indent}_meta: { type: rolesmapping }\n`
  for (const [name, entry] of roles) {
    text += random.comment(outside, indent)
    if (random.chance(50)) text += '\n'
    const own: string[] = []
    inside.set(name, own)
    text += writeOne(random, name, entry, indent, own)
  }
  text += random.comment(outside, indent)
  if (random.chance(10)) text = text.replace(/\n$/, '')
  return { text: random.chance(15) ? text.replaceAll('\n', '\r\n') : text, outside, inside }
}

function writeOne(random: Random, name: string, entry: RoleEntry, indent: string, marks: string[]): string {
  const list = (values: readonly string[]): string => `[${values.map(writeText).join(', ')}]`
  const fields = Object.entries(entry).filter(
    ([, value]) => !(Array.isArray(value) && value.length === 0 && random.chance(70)) && value !== null,
  )
  const key = random.chance(50) ? writeText(name) : JSON.stringify(name)
  if (random.chance(25)) {
    const inner = fields.map(([field, value]) => `${field}: ${Array.isArray(value) ? list(value) : JSON.stringify(value)}`)
    return `${indent}${key}: { ${inner.join(', ')} }\n`
  }
  const deeper = `${indent}${random.of(['  ', '    '])}`
  if (fields.length === 0) return `${indent}${key}:\n`
  let text = `${indent}${key}:\n`
  for (const [field, value] of fields) {
    text += random.comment(marks, deeper)
    if (!Array.isArray(value)) text += `${deeper}${field}: ${JSON.stringify(value)}\n`
    else if (value.length === 0 || random.chance(40)) text += `${deeper}${field}: ${list(value)}\n`
    else {
      const dash = `${deeper}${random.of(['', '  '])}- `
      text += `${deeper}${field}:\n`
      for (const item of value) text += `${random.comment(marks, dash.replace('- ', '  '))}${dash}${writeText(item)}\n`
    }
  }
  return text
}

function change(random: Random, before: ReadonlyMap<string, RoleEntry>): Map<string, RoleEntry | null> {
  const changes = new Map<string, RoleEntry | null>()
  for (let count = 1 + random.next(3); count > 0; count--) {
    const name = random.of(NAMES)
    const old = before.get(name)
    if (old !== undefined && random.chance(30)) changes.set(name, null)
    else if (old !== undefined && random.chance(60))
      changes.set(name, { ...old, users: edited(random, old.users), hidden: random.chance(20) })
    else changes.set(name, random.entry())
  }
  return changes
}

function edited(random: Random, values: readonly string[]): string[] {
  return [...values.filter(() => random.chance(75)), ...(random.chance(60) ? [random.of(VALUES)] : [])]
}

/**
 * A random file, written in every style with comments all over, and a random change of it: the edit says exactly what was meant, and loses no
 * comment but that of what is deleted. The same for the same seed.
 */
export function checkRandomEdit(seed: number): void {
  const random = new Random(seed)
  const before = new Map(NAMES.filter(() => random.chance(45)).map((name) => [name, random.entry()]))
  const { text, outside, inside } = write(random, before)
  const where = `seed ${seed}:\n${text}`
  assert.deepEqual(readRoles(text, 'r.yml'), before, where)
  const changes = change(random, before)
  const after = editRoles(text, 'r.yml', changes)
  const meant = new Map(before)
  for (const [name, entry] of changes) entry === null ? meant.delete(name) : meant.set(name, entry)
  assert.deepEqual([...readRoles(after, 'r.yml')], [...meant], `${where}\nbecame\n${after}`)
  const deletes = [...changes.values()].includes(null)
  for (const mark of outside) assert.ok(deletes || after.includes(mark), `${mark} was lost, ${where}`)
  for (const [name, marks] of inside) {
    const entry = changes.get(name)
    // With a description goes what is said directly above it.
    if (entry === null || (entry?.description === null && before.get(name)?.description !== null)) continue
    for (const mark of marks) assert.ok(after.includes(mark), `${mark} was lost, ${where}\nbecame\n${after}`)
  }
  untouchedLinesStay(text, after, before, changes, where)
}

/** What no change is about is there byte for byte, and in its order. */
function untouchedLinesStay(
  text: string,
  after: string,
  before: ReadonlyMap<string, RoleEntry>,
  changes: ReadonlyMap<string, RoleEntry | null>,
  where: string,
): void {
  if ([...changes].every(([name, entry]) => entry !== null && isSameRole(before.get(name) ?? EMPTY_ROLE, entry) && before.has(name))) {
    assert.equal(after, text, where)
  }
  // Changed back, the file says again what it said: an edit and its opposite add up to nothing.
  const back = new Map([...changes.keys()].map((name) => [name, before.get(name) ?? null]))
  const present = new Set(readRoles(after, 'r.yml').keys())
  for (const [name, entry] of back) if (entry === null && !present.has(name)) back.delete(name)
  const restored = readRoles(editRoles(after, 'r.yml', back), 'r.yml')
  assert.deepEqual(new Map([...restored].sort()), new Map([...before].sort()), where)
}

/** Why an edit of roles was refused. */
export function refusedEdit(run: () => unknown): RoleEditError {
  try {
    run()
  } catch (error) {
    assert.ok(error instanceof RoleEditError, String(error))
    return error
  }
  return assert.fail('it was not refused')
}
