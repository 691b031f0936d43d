"""Plots, models, data and formulas of the course on class weights; README.md has the map."""
