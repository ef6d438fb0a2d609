/* Placeholder until written by its owner. */
int main(void)
{
    return 1;
}
