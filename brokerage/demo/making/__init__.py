"""How the demo's import files were made: invented names at real places, from one fixed seed.

Run by `script/make-demo-data`; nothing of it runs in the product. `brokerage.demo.files` reads what it wrote.
"""
