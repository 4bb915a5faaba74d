# The script of one plot. Colours from #000001 to #000003 stand for the ink of the page: see plot_svg.c.
set terminal svg size 560,222 dynamic noenhanced font "sans-serif,11" linewidth 1
set lmargin at screen 0.100
set rmargin at screen 0.985
set tmargin at screen 0.825
set bmargin at screen 0.190
set border 1 linewidth 1 linecolor rgb "#000002"
set grid ytics noxtics linetype 1 linewidth 1 linecolor rgb "#000003"
set xtics out nomirror scale 0.5 offset 0,0.3 textcolor rgb "#000001"
set ytics out nomirror scale 0 textcolor rgb "#000001"
set style fill solid 1.0 noborder
set xrange [0:{{x_to}}]
set yrange [0:{{y_to}}]
set xtics ({{x_ticks}})
set ytics ({{y_ticks}})
set label 1 "{{y_label}}" at screen 0.010,0.955 left textcolor rgb "#000001"
set label 2 "{{x_label}}" at screen 0.985,0.045 right textcolor rgb "#000001"
unset key
{{breaks}}{{key}}$rows << END_OF_ROWS
{{rows}}END_OF_ROWS
plot {{curves}}
