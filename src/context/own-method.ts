export type AnyFunction = (this: unknown, ...args: unknown[]) => unknown

/** Puts a method in front of the object's own or inherited one; like that, it is not seen by who lists the object. */
export function defineOwnMethod(target: object, name: string, value: AnyFunction): void {
  Reflect.defineProperty(target, name, { value, writable: true, configurable: true, enumerable: false })
}
