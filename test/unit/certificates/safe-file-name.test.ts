import assert from 'node:assert/strict'
import { test } from 'node:test'
import { attachment, safeFileName } from '../../../src/certificates/safe-file-name.ts'

test('names that are fit for files stay as they are', () => {
  for (const name of ['cluster.admin.client.certificate', 'alice', 'Jürgen Müller', '李雷', 'a@b.test', 'x_1-2+3'])
    assert.equal(safeFileName(name), name)
})

test('what leads elsewhere, hides or means something to a shell or to Windows is made harmless', () => {
  const cases = [
    ['../x', '__x'],
    ['..', 'certificate'],
    ['/etc/passwd', '_etc_passwd'],
    ['a\\b:c*d?e"f<g>h|i', 'a_b_c_d_e_f_g_h_i'],
    ['.hidden', '_hidden'],
    ['-rf', '_rf'],
    ['a\0b\nc', 'a_b_c'],
    ['$(reboot)`x`;', '__reboot__x__'],
    ['trailing. . ', 'trailing'],
    ['CON', '_CON'],
    ['nul.txt', '_nul.txt'],
    ['com1', '_com1'],
    ['con .x', '_con .x'],
    ['console', 'console'],
    ['', 'certificate'],
    ['***', 'certificate'],
    ['a\u202ecod.exe', 'a_cod.exe'],
    ['\ud800', 'certificate'],
  ] as const
  for (const [name, expected] of cases) assert.equal(safeFileName(name), expected)
})

test('a name is cut between characters, to what every file system takes', () => {
  assert.equal(safeFileName('x'.repeat(10_000)), 'x'.repeat(100))
  assert.equal(safeFileName('李'.repeat(64)), '李'.repeat(33))
})

test('no name gives a path, whatever it is made of', () => {
  const pieces = ['.', '..', '/', '\\', ' ', '-', 'a', 'é', '\0', '\n', ':', '%2f', 'CON', '~', '🔒']
  for (const a of pieces) {
    for (const b of pieces) {
      for (const c of pieces) assert.match(safeFileName(a + b + c), /^(?!\.)[^/\\:\p{Cc}~%]+(?<![. ])$/u)
    }
  }
})

test('a download is named in both forms where it must', () => {
  assert.equal(attachment('alice.zip'), 'attachment; filename="alice.zip"')
  assert.equal(attachment('Jürgen 李.zip'), `attachment; filename="J_rgen _.zip"; filename*=UTF-8''J%C3%BCrgen%20%E6%9D%8E.zip`)
  assert.equal(attachment('a"b\r\nX: y.zip').includes('\n'), false)
})
