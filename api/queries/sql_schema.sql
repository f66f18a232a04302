SELECT table, name, type, comment
FROM system.columns
WHERE database = {database:String} AND table != 'operator_documents' AND NOT startsWith(table, '.')
ORDER BY table, position
