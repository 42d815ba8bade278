# Every rule of tflint's own, not only the recommended ones. No rule of AWS's ruleset, which is a program that tflint would download.
plugin "terraform" {
  enabled = true
  preset  = "all"
}
