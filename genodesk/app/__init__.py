"""The desk: the Qt application. It shows and asks; whatever computes is `genodesk-engine`, in processes of its own."""
