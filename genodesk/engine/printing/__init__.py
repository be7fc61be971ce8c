"""How figures become pages: matplotlib behind `genodesk.engine.render`, and nothing else."""
