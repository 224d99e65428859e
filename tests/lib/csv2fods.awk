# CSV files (RFC 4180) as the sheets of one flat OpenDocument spreadsheet on standard output, for LibreOffice to open:
#
#	awk -f csv2fods.awk survey.csv choices.csv settings.csv >form.fods
#
# A sheet is named after its file. All cells are text.

function escape(text) {
	gsub(/&/, "\\&amp;", text)
	gsub(/</, "\\&lt;", text)
	gsub(/>/, "\\&gt;", text)
	gsub(/\n/, "</text:p><text:p>", text)
	return text
}

function put_cell(text) {
	if (text == "")
		print "<table:table-cell/>"
	else
		print "<table:table-cell office:value-type=\"string\"><text:p>" escape(text) "</text:p></table:table-cell>"
}

# One record, which may go over several lines, as cells.
function put_row(record,    i, c, cell, quoted) {
	print "<table:table-row>"
	for (i = 1; i <= length(record); i++) {
		c = substr(record, i, 1)
		if (quoted && c == "\"" && substr(record, i + 1, 1) == "\"") {
			cell = cell c
			i++
		} else if (c == "\"") {
			quoted = !quoted
		} else if (c == "," && !quoted) {
			put_cell(cell)
			cell = ""
		} else {
			cell = cell c
		}
	}
	put_cell(cell)
	print "</table:table-row>"
}

function quotes(text) {
	return gsub(/"/, "", text)
}

BEGIN {
	print "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"
	print "<office:document xmlns:office=\"urn:oasis:names:tc:opendocument:xmlns:office:1.0\"" \
		" xmlns:table=\"urn:oasis:names:tc:opendocument:xmlns:table:1.0\" xmlns:text=\"urn:oasis:names:tc:opendocument:xmlns:text:1.0\"" \
		" office:version=\"1.2\" office:mimetype=\"application/vnd.oasis.opendocument.spreadsheet\"><office:body><office:spreadsheet>"
}

FNR == 1 {
	if (NR > 1)
		print "</table:table>"
	name = FILENAME
	sub(/^.*\//, "", name)
	sub(/\.csv$/, "", name)
	print "<table:table table:name=\"" name "\">"
	record = ""
}

{
	sub(/\r$/, "")
	record = record == "" ? $0 : record "\n" $0
	if (quotes(record) % 2)
		next
	put_row(record)
	record = ""
}

END {
	print "</table:table></office:spreadsheet></office:body></office:document>"
}
