export default { serverExternalPackages: ['spanwright'] }
