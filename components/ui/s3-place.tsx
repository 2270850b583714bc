import classes from './s3-place.module.css';

/** Where something lies, in a table. @param id `<bucket>/<prefix>` */
export const S3Place = ({ id }: { id: string }) => <code className={classes.place}>s3://{id}</code>;
