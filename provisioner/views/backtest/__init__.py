"""Views of a backtest: past purchases, judged by the controls that a plan would leave."""
