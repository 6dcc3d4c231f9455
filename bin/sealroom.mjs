#!/usr/bin/env node
console.log("bin", process.version, process.argv.slice(2))
