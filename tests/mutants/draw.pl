#!/usr/bin/perl
# Draws small edits of C sources: draw.pl SEED COUNT FILE... prints COUNT lines, "FILE LINE COLUMN LENGTH TEXT" with tabs
# between, each an edit: from that column on so many bytes are replaced by that text. A seed gives the same draw again, of the
# same sources: one edit more or less that is possible moves those behind it.
use strict;
use warnings;

my ($seed, $count, @files) = @ARGV;
my %other = (
	'==' => '!=', '!=' => '==', '<' => '<=', '<=' => '<', '>' => '>=', '>=' => '>',
	'&&' => '||', '||' => '&&', 'true' => 'false', 'false' => 'true',
);
my @edits;

# Comments, strings and characters are blanked: places stay what they are.
sub blanked {
	my ($text) = @_;
	my $blank = sub { my $s = shift; $s =~ s/[^\n]/ /g; return $s };
	$text =~ s{(/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])+')}{$blank->($1)}ges;
	return $text;
}

sub edit {
	my ($file, $line, $from, $length, $text) = @_;
	push @edits, join "\t", $file, $line, $from, $length, $text;
}

sub edits_of_line {
	my ($file, $number, $line) = @_;
	# Comparisons and their like; clang-format puts a blank on both sides.
	while ($line =~ / (==|!=|<=|>=|<|>|&&|\|\|)(?= |$)/g) {
		edit($file, $number, $-[1], length $1, $other{$1});
	}
	while ($line =~ /\b(true|false)\b/g) {
		edit($file, $number, $-[1], length $1, $other{$1});
	}
	# Constants, by one.
	while ($line =~ /(?<![\w.])(\d+)(U?L?L?)(?![\w.])/g) {
		edit($file, $number, $-[1], length $1, $1 + 1);
	}
	# Calls whose result nobody takes.
	if ($line =~ /^\t+((?:\(void\))?[a-z_][\w>.-]*\(.*\);)$/ && $1 !~ /^(?:return|sizeof|va_)/) {
		edit($file, $number, $-[1], length $1, ';');
	}
}

for my $file (@files) {
	open my $in, '<', $file or die "$file: $!\n";
	my ($number, $inside) = (0, 0);
	for my $line (split /\n/, blanked(do { local $/; <$in> })) {
		$number++;
		# What stands outside of functions is tables and declarations; labels are no constants to be moved by one.
		$inside = 1 if $line =~ /^\{/;
		$inside = 0 if $line =~ /^\}/;
		edits_of_line($file, $number, $line) if $inside && $line =~ /^\t/ && $line !~ /^\s*(?:#|case )/;
	}
}

# Numerical Recipes' generator: the same everywhere.
sub below {
	$seed = ($seed * 1664525 + 1013904223) % 4294967296;
	return int($seed / 4294967296 * $_[0]);
}
for (my $i = 0; $i < $count && $i < @edits; $i++) {
	my $j = $i + below(@edits - $i);
	@edits[$i, $j] = @edits[$j, $i];
	print "$edits[$i]\n";
}
