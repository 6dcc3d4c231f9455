/** A Python with the AWS CLI and the AWS Encryption SDK, where `SEALROOM_PYTHON` names one; else undefined. */
export const python: string | undefined = process.env['SEALROOM_PYTHON'];
