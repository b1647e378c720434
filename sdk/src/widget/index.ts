// The widget's entry: defines its elements; the page already holds the root.
import './ui/app';
