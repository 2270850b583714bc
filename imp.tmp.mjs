const t=performance.now();
await import(process.argv[2]);
const t1=performance.now();
console.log('boot',t.toFixed(1),'import',(t1-t).toFixed(1)); process.exit(0);
