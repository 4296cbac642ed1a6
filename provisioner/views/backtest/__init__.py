"""Views of a backtest: past purchases judged by the controls of a plan."""
