"""Makes `python -m provisioner` run the same program as the console script."""

from provisioner.cli.main import main

if __name__ == "__main__":
    main()
