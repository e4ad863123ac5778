/** Freezes plain data all the way down. A frozen Map would still take `set`, so its writing methods are shut too. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  if (value instanceof Map) {
    for (const [key, item] of value) {
      deepFreeze(key)
      deepFreeze(item)
    }
    for (const method of ['set', 'delete', 'clear']) Object.defineProperty(value, method, { value: refuseWrite })
  } else if (Array.isArray(value)) {
    for (const item of value) deepFreeze(item)
  } else {
    for (const key in value) deepFreeze(value[key])
  }
  return Object.freeze(value)
}

function refuseWrite(): never {
  throw new TypeError('settings are frozen')
}
