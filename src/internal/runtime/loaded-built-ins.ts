/**
 * Whether Node.js has loaded one of its own modules, for the app or for itself. Not documented, but there since long; where
 * it is not, the answer is yes.
 */
export function isBuiltInLoaded(name: string): boolean {
  const { moduleLoadList } = process as unknown as { readonly moduleLoadList?: readonly string[] }
  return moduleLoadList === undefined || moduleLoadList.includes(`NativeModule ${name}`)
}
